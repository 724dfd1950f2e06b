# Every text of the pages in English. ja.ftl has the same names (a test compares them).

## The frame of every page
product = Renraku
skip = Skip to the content
sample-bar = Sample: every name and number here is invented, and nothing is really sent.
menu = Menu
menu-home = Home
menu-requests = Requests
menu-clients = Clients
signed-in-as = { $name }
sign-out = Sign out
language-japanese = 日本語
foot = Renraku — liaison between physicians and care managers

## Words that stand everywhere
person = { $name }
doctor = Dr. { $name }
born = born { $day }
fax = Fax
tel = Tel
mail = Mail
required = required
optional = optional
choose = Please choose
back = Back
comma = ,{" "}

## Sign-in
sign-in = Sign in
sign-in-button = Sign in
login = Login
password = Password
sign-in-ended = Your session has ended: please sign in again. Nothing was sent.
sign-in-kept = Your session has ended: please sign in again. What you typed is kept, and you can go on from there.
resume-title = You can go on
resume-text = What you typed before signing in again is still here.
resume-button = Go on

## What went wrong
problem-title = This cannot be shown
problem-not-found = There is no such page. Choose again from the list.
problem-role = Your account may not open this page. Ask your administrator if you need it.
problem-token = Too much time has passed since the page was opened. Go back, reload it and try again.
problem-too-large = This is too much to send. Go back, shorten it and try again.
problem-host = The service cannot be used under this address. Open the address that you were given.
problem-failure = This cannot be shown now. Try again in a while.
problem-draft-gone = This draft is not here any more. Go back and press "Check" again.
problem-home = Back to the first page

## Home
home-title = What needs you
new-request = New request
need-answered = Answers have come
need-overdue = Reply overdue
need-undelivered = Not delivered
need-in_doubt = Not known whether delivered
need-needs_review = Reply being checked
need-hint-answered = Answers of the last seven days.
need-hint-overdue = Please call the clinic. What you are told can be recorded on the request's page.
need-hint-undelivered = These did not reach the clinic. Check the number, or call.
need-hint-in_doubt = The connection broke while sending. It is not sent again by itself, so that nothing arrives twice. Ask the clinic whether it came.
need-hint-needs_review = Something in the reply is hard to read, and a person is looking at it.
home-nothing = Nothing needs you now.
home-waiting = { $count ->
    [one] 1 request is waiting for its reply
   *[other] { $count } requests are waiting for their replies
}
see-all = See all ({ $count })
held = Sending is on hold. Requests are kept and will leave when it goes on.
greeting = Hello, { $name }
home-other = Please choose from the menu above.

## Clients
clients-none = No client is registered yet.
client-add = Add a client
client-add-button = Add
client-write = Write a request
choose-client = Whom is it about?
client-name = Name
client-kana = Name in kana
client-kana-hint = With a space between family and given name, such as ミホン ハナコ
client-birth_date = Date of birth
client-sex = Sex
client-care_level = Care level
client-insurer_number = Insurer number
client-insured_number = Insured person's number
client-valid_from = Certificate valid from
client-valid_to = Certificate valid to
care-level-01 = Not certified
care-level-06 = Programme target
care-level-11 = Transitional
care-level-12 = Support level 1
care-level-13 = Support level 2
care-level-21 = Care level 1
care-level-22 = Care level 2
care-level-23 = Care level 3
care-level-24 = Care level 4
care-level-25 = Care level 5
sex-female = Female
sex-male = Male
sex-other = Other
day-hint-old = Such as 1940-02-11, S15.2.11 or 昭和15年2月11日
day-hint = Such as 2026-07-01, R8.7.1 or 令和8年7月1日

## A new request
step-client = Client
step-form = Form
step-check = Check
mistakes = Please look at the following. What you typed is still here.
recipient-hint = Only clinics whose number is verified can be chosen.
not-verified = (number not yet verified)
sender-person = From (name of the care manager)
at-most = At most { $count } characters
slot-date = Day of offer { $nth }
slot-from = Beginning of offer { $nth }
slot-to = End of offer { $nth }
consent = The client's consent
consent-date = Date of consent
consent-method = Method
consent-written = Written
consent-oral = Oral
consent-by = Who consented
consent-scope = Scope
to-check = Check
to-check-hint = Nothing is sent yet.

## Check and send
check-title = Check before sending
check-changed = The number has changed. Please make sure that the number below is right.
check-target = To
check-verified = This number was verified on { $day }
check-client = Client
check-due = Reply due
no-due = None
send = Send to this number
edit = Change
check-sheet = The sheet
check-sheet-hint = The word 見本 (sample) and the provisional number are replaced when it is sent.
open-pdf = Open as PDF
check-sheet-alt = Page { $page } of the sheet

## Requests
filter = Show only
filter-all = All
list-nothing = There is no such request.
list-cut = The latest { $count } are shown.
row-due = due { $day } ({ $weekday })
state-draft = Draft
state-queued = Waiting to be sent
state-sent = Awaiting reply
state-overdue = Overdue
state-needs_review = Being checked
state-answered = Answered
state-undelivered = Undelivered
state-in_doubt = In doubt
state-closed = Closed
state-cancelled = Withdrawn

## One request
lead-draft = Not sent yet.
lead-queued = It will be sent soon. This page renews itself.
lead-sent = Waiting for the clinic's reply. It will appear on this page.
lead-overdue = The reply is overdue. Please call the clinic.
lead-needs_review = The reply has come. Something in it is hard to read, and a person is looking at it.
lead-answered = The clinic has answered.
lead-undelivered = It did not reach the clinic. Check the number, or call.
lead-in_doubt = It is not known whether it arrived. It is not sent again by itself, so that it does not arrive twice. Please ask the clinic.
lead-closed = This request is closed.
lead-cancelled = This request was withdrawn. A reply that still comes is kept.
notice-sent = The request was taken.
notice-sent-before = This request had been sent before. What you changed afterwards was not sent. If a change is needed, withdraw it and write a new one.
notice-phone = The answer by telephone was recorded.
notice-cancelled = The request was withdrawn.
answer = Answer
handwritten = (handwritten)
handwriting-alt = Picture of the handwriting
source-paper = read from the sheet that came back
source-confirmed = from the sheet that came back, looked at by a person
source-phone = by telephone ({ $name })
what-was-asked = What was asked
open-sheet = Open the sheet that was sent as PDF
timeline = What happened
event-request-submitted = Taken for sending
event-request-sent = Sent to the clinic
event-request-answered = Answer recorded
event-request-needs-review = A reply came and waits for a person
event-request-undelivered = It did not reach the clinic
event-request-in-doubt = Not known any more whether it arrived
event-request-cancelled = Withdrawn
event-request-closed = Closed
event-request-overdue-flagged = The reply became overdue
event-request-reply-repeated = The same reply came again
event-request-reply-withdrawn = The answer was taken back
event-delivery-held = Sending is on hold
event-delivery-delivered = The clinic was found to have it
phone-title = Record an answer by telephone
phone-hint = Choose as you were told by the clinic.
said-by = Who answered
said-by-hint = Such as Dr. Mihon, or the name of the receptionist
phone-button = Record the answer
cancel-title = Withdraw this request
cancel-hint = What has not left does not leave. A sheet that was sent cannot be taken back: call the clinic if needed.
cancel-button = Withdraw

## A clinic's one-time link
link-digits-title = Your reply to a liaison form
link-digits-text-fax = To be sure, please enter the last four digits of your clinic's fax number.
link-digits-text-telephone = To be sure, please enter the last four digits of your clinic's telephone number.
link-digits-fax = Last four digits of the fax number
link-digits-telephone = Last four digits of the telephone number
link-digits-button = Next
link-no-digits = Please enter four digits.
link-wrong-digits = That is not the number. { $left ->
    [one] You can try once more.
   *[other] You can try { $left } more times.
 }
link-again = Some time has passed: please enter the last four digits again. What you chose is still here.
link-kept = What you chose is still here. It has not been sent yet.
link-closed-title = This page takes no reply
link-closed-expired = This link is out of date or not right.
link-closed-revoked = This link was replaced or taken back. Please look for a newer one.
link-closed-locked = The number was wrong five times, so this link can no longer be used.
link-closed-cancelled = This request was withdrawn. No reply is needed.
link-closed-ended = This request is closed. No reply is needed.
link-call-office = For questions please call { $office }.
link-call-unknown = For questions please call the office that sent you the form.
link-from = From { $office }
link-due = Please reply by { $day } ({ $weekday })
link-asked = What is asked
link-non-clinical = This page cannot carry a doctor's instructions.
link-answered-before = You replied on { $at }. Only if something changed, choose again and send. The earlier reply stays on record.
link-overtaken = A reply is already on record ({ $at }). What you chose now has not been sent. To change the reply to what is below, send once more.
link-now = The reply on record
link-choose = Please choose: { $field }
link-one = one only
link-name = Your name (optional)
link-send = Send this reply
link-amend = Send the changed reply
link-thanks-title = Thank you for your reply
link-thanks-text = It has reached { $office }. You can close this page.
link-change = Change the reply
source-link = Answered on the link's page
source-link-by = Answered on the link's page ({ $name })
event-request-link-issued = A link for the reply was made
event-request-link-revoked = The link for the reply was taken back
event-request-link-locked = The link for the reply was locked after five wrong numbers
event-request-reply-amended = The clinic changed its reply
