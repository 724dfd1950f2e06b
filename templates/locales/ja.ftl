# Every text of the pages in Japanese. en.ftl has the same names (a test compares them).

## The frame of every page
product = 連絡
skip = 本文へ移動
sample-bar = 見本:画面の氏名・番号はすべて架空です。実際の送信は行われません。
menu = メニュー
menu-home = ホーム
menu-requests = 連絡票
menu-clients = 利用者
signed-in-as = { $name } さん
sign-out = サインアウト
language-japanese = 日本語
foot = 連絡 — 医師とケアマネジャーの連絡票

## Words that stand everywhere
person = { $name } 様
doctor = { $name } 先生
born = { $day } 生
fax = FAX
tel = 電話
mail = メール
required = 必須
optional = 任意
choose = 選んでください
back = 戻る
comma = 、

## Sign-in
sign-in = サインイン
sign-in-button = サインインする
login = ログイン名
password = パスワード
sign-in-ended = 時間がたったため、サインインし直してください。送信はされていません。
sign-in-kept = 時間がたったため、サインインし直してください。入力した内容は残っていますので、続きから進められます。
resume-title = 入力の続きがあります
resume-text = サインインし直す前に入力した内容が残っています。
resume-button = 続きへ進む

## What went wrong
problem-title = 表示できません
problem-not-found = お探しのページは見つかりません。一覧から選び直してください。
problem-role = この画面を開く権限がありません。必要な場合は管理者にご相談ください。
problem-token = 画面を開いてから時間がたったため、受け付けられませんでした。前の画面に戻って再読み込みし、もう一度お試しください。
problem-too-large = 内容が大きすぎます。前の画面に戻り、短くしてからもう一度お試しください。
problem-host = このアドレスでは利用できません。案内されたアドレスで開いてください。
problem-failure = ただいま表示できません。しばらくしてからもう一度お試しください。
problem-draft-gone = この下書きは残っていません。前の画面に戻り、もう一度「内容を確認する」を押してください。
problem-home = ホームへ戻る

## Home
home-title = ご確認いただくこと
new-request = 新しい連絡票
need-answered = 回答が届きました
need-overdue = 返信の期日を過ぎています
need-undelivered = 届いていません
need-in_doubt = 届いたか分かりません
need-needs_review = 返信を確認しています
need-hint-answered = この1週間に届いた回答です。
need-hint-overdue = 医療機関へ電話でご確認ください。電話で聞いた回答は、連絡票の画面から記録できます。
need-hint-undelivered = 医療機関に届いていません。番号を確かめるか、電話でご連絡ください。
need-hint-in_doubt = 送信の途中で通信が切れました。二重に届かないよう、自動では送り直しません。医療機関に届いたかご確認ください。
need-hint-needs_review = 返信に読み取りにくいところがあり、担当者が確認しています。
home-nothing = いまご確認いただくことはありません。
home-waiting = 返信を待っている連絡票 { $count }件
see-all = すべて見る({ $count }件)
held = 現在、送信を止めています。連絡票は保存され、再開後に送られます。
greeting = { $name } さん、こんにちは
home-other = 上のメニューからお進みください。

## Clients
clients-none = 利用者はまだ登録されていません。
client-add = 利用者を登録する
client-add-button = 登録する
client-write = 連絡票を書く
choose-client = どなたについての連絡ですか
client-name = 氏名
client-kana = フリガナ
client-kana-hint = 姓と名の間を空けてください。例:ミホン ハナコ
client-birth_date = 生年月日
client-sex = 性別
client-care_level = 要介護度
client-insurer_number = 保険者番号
client-insured_number = 被保険者番号
client-valid_from = 認定有効期間の開始日
client-valid_to = 認定有効期間の終了日
sex-female = 女
sex-male = 男
sex-other = その他
day-hint-old = 例:昭和15年2月11日、S15.2.11、1940-02-11
day-hint = 例:令和8年7月1日、R8.7.1、2026-07-01

## A new request
step-client = 1 利用者 → 2 記入 → 3 確認
step-form = 2 記入(全3段階)
step-check = 3 確認(全3段階)
mistakes = 次の点をご確認ください。入力した内容は残っています。
recipient-hint = 送付先の番号が確認済みの医療機関だけを選べます。
not-verified = (番号の確認待ち)
sender-person = 差出人(担当者の氏名)
at-most = { $count }字まで
slot-date = 候補{ $nth }の日付
slot-from = 候補{ $nth }の開始時刻
slot-to = 候補{ $nth }の終了時刻
consent = 利用者の同意
consent-date = 同意日
consent-method = 同意の方法
consent-written = 書面
consent-oral = 口頭
consent-by = 同意した人
consent-scope = 同意の範囲
to-check = 内容を確認する
to-check-hint = まだ送信されません。

## Check and send
check-title = 送る前の確認
check-changed = 送付先の番号が変わりました。下の番号でよいか、もう一度ご確認ください。
check-target = 送付先
check-verified = この番号は { $day } に確認済みです
check-client = 利用者
check-due = 返信の期日
no-due = 期日なし
send = この番号へ送信する
edit = 修正する
check-sheet = 送られる用紙
check-sheet-hint = 「見本」の文字と仮の番号は、送信時に正式なものに変わります。
open-pdf = PDFで開く
check-sheet-alt = 送られる用紙の{ $page }ページ目

## Requests
filter = 状態でしぼり込む
filter-all = すべて
list-nothing = 該当する連絡票はありません。
list-cut = 新しい順に{ $count }件までを表示しています。
row-due = 期日 { $day }({ $weekday })
state-draft = 下書き
state-queued = 送信待ち
state-sent = 返信待ち
state-overdue = 期限超過
state-needs_review = 要確認
state-answered = 回答あり
state-undelivered = 未達
state-in_doubt = 送達不明
state-closed = 完了
state-cancelled = 取消

## One request
lead-draft = まだ送信されていません。
lead-queued = まもなく送信されます。この画面は自動で更新されます。
lead-sent = 医療機関からの返信を待っています。届くとこの画面に表示されます。
lead-overdue = 返信の期日を過ぎました。医療機関へ電話でご確認ください。
lead-needs_review = 返信は届いています。読み取りにくいところがあるため、担当者が確認しています。
lead-answered = 医療機関から回答がありました。
lead-undelivered = 医療機関に届きませんでした。番号を確かめるか、電話でご連絡ください。
lead-in_doubt = 届いたかどうか分かりません。二重に届かないよう、自動では送り直しません。医療機関にご確認ください。
lead-closed = この連絡票は完了しています。
lead-cancelled = この連絡票は取り消されました。あとから返信が届いた場合も、保管されます。
notice-sent = 連絡票を受け付けました。
notice-sent-before = この連絡票はすでに送信されています。あとから変えた内容は送信されていません。変更が必要な場合は、取り消してから新しく作成してください。
notice-phone = 電話での回答を記録しました。
notice-cancelled = 連絡票を取り消しました。
answer = 回答
handwritten = (手書き)
handwriting-alt = 手書きの画像
source-paper = 返信の用紙から読み取りました
source-confirmed = 返信の用紙を担当者が確認しました
source-phone = 電話での回答({ $name } 様)
what-was-asked = 連絡の内容
open-sheet = 送った用紙をPDFで開く
timeline = 経過
event-request-queued = 送信を受け付けました
event-request-sent = 医療機関へ送信しました
event-request-answered = 回答を記録しました
event-request-needs-review = 返信が届き、担当者の確認を待っています
event-request-undelivered = 医療機関に届きませんでした
event-request-in-doubt = 届いたか分からなくなりました
event-request-cancelled = 取り消しました
event-request-closed = 完了しました
event-request-overdue-flagged = 返信の期日を過ぎました
event-request-reply-repeated = 同じ回答がもう一度届きました
event-delivery-held = 送信を止めています
event-delivery-delivered = 医療機関に届いたことを確認しました
phone-title = 電話で聞いた回答を記録する
phone-hint = 医療機関から電話で聞いたとおりに選んでください。
said-by = 回答した方
said-by-hint = 例:見本 一郎 先生、受付の山田さん
phone-button = 電話の回答を記録する
cancel-title = この連絡票を取り消す
cancel-hint = まだ送られていなければ送信を止めます。すでに送った用紙は戻せないため、必要に応じて医療機関へお電話ください。
cancel-button = 取り消す

## A clinic's one-time link
link-digits-title = 連絡票へのご回答
link-digits-text-fax = ご確認のため、貴院のFAX番号の下4桁を入れてください。
link-digits-text-telephone = ご確認のため、貴院の電話番号の下4桁を入れてください。
link-digits-fax = FAX番号の下4桁
link-digits-telephone = 電話番号の下4桁
link-digits-button = 次へ
link-no-digits = 4桁の数字を入れてください。
link-wrong-digits = 番号が違います。あと{ $left }回お試しいただけます。
link-again = 時間がたったため、もう一度、番号の下4桁を入れてください。選んだ内容は残っています。
link-kept = 選んだ内容は残っています。まだ送信されていません。
link-closed-title = このページでは回答いただけません
link-closed-expired = このリンクは期限が過ぎているか、正しくありません。
link-closed-revoked = このリンクは新しいものに替わったか、使われなくなりました。新しいご案内をご確認ください。
link-closed-locked = 番号の入力が5回違ったため、このリンクは使えなくなりました。
link-closed-cancelled = この連絡票は取り消されました。ご回答は不要です。
link-closed-ended = この連絡票は完了しています。ご回答は不要です。
link-call-office = お問い合わせは { $office } へお電話ください。
link-call-unknown = お問い合わせは、連絡票をお送りした事業所へお電話ください。
link-from = { $office } より
link-due = { $day }({ $weekday })までにお願いします
link-asked = お尋ねしたいこと
link-non-clinical = このページでは、医師の指示を扱うことはできません。
link-answered-before = { $at } に回答をいただいています。変更されるときだけ、選び直して送信してください。前の回答も記録に残ります。
link-overtaken = すでに回答をいただいています({ $at })。今回の内容はまだ送信されていません。下の内容に変更されるときは、もう一度送信してください。
link-now = いま記録されている回答
link-choose = 「{ $field }」を選んでください。
link-one = 1つだけ
link-name = お名前(任意)
link-send = この内容で回答する
link-amend = 変更して回答する
link-thanks-title = ご回答ありがとうございました
link-thanks-text = { $office } にお届けしました。この画面は閉じてかまいません。
link-change = 回答を変更する
source-link = リンクのページで回答されました
source-link-by = リンクのページで回答されました({ $name } 様)
event-request-link-issued = 回答用のリンクを作りました
event-request-link-revoked = 回答用のリンクを取り消しました
event-request-link-locked = 番号の入力が5回違い、回答用のリンクが使えなくなりました
event-request-reply-amended = 医療機関が回答を変更しました
