//! The one access function: who may do what with whose things. Asked twice for every visit: by the door, with
//! the route's rule, and by [`super::visit::Visit`] for each thing that a page shows or changes.

use crate::domain::account::{Role, Tenant, User};
use crate::domain::id::{ClinicId, LinkId, OfficeId};

/// Who may use a route.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// Everybody, for this reason.
    Public(&'static str),
    /// Whoever has an account with one of these roles.
    SignedIn(&'static [Role]),
    /// Whoever holds the pass of a one-time link: no account, and that link's request alone.
    Link,
}

/// Whose a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// The page itself, without data of anybody.
    Page,
    /// A request: who asks, who is asked.
    Request(OfficeId, ClinicId),
    /// Clients of an office.
    Clients(OfficeId),
    /// What came on a blank sheet, and the sheet itself: of the office that it is addressed to.
    Message(OfficeId),
    /// What waits for a reviewer, pages without a request included.
    Review,
    /// What a link opens: the link whose pass the visitor holds, and the link that is asked for.
    ByLink(Option<LinkId>, LinkId),
    /// The association's reports: counts and request numbers, no clients.
    Reports,
    /// The directory, the users and the outbox: no clients.
    Gateway,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// No.
    Deny(Denial),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Nobody is signed in.
    SignIn,
    /// The role is another.
    Role,
    /// It is somebody else's: the visitor is not told that it exists.
    Foreign,
}

impl Denial {
    /// The word for the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "not_signed_in",
            Self::Role => "role",
            Self::Foreign => "foreign",
        }
    }
}

/// Decides.
#[must_use]
pub fn decide(rule: &Rule, user: Option<&User>, resource: Resource) -> Decision {
    let roles = match (rule, resource) {
        (Rule::Public(_) | Rule::Link, Resource::Page) => return Decision::Allow,
        (Rule::Link, Resource::ByLink(Some(held), asked)) if held == asked => return Decision::Allow,
        (Rule::Link, Resource::ByLink(None, _)) => return Decision::Deny(Denial::SignIn),
        // A public route shows nothing of anybody, a link nothing else.
        (Rule::Public(_) | Rule::Link, _) => return Decision::Deny(Denial::Foreign),
        (Rule::SignedIn(roles), _) => roles,
    };
    let Some(user) = user else { return Decision::Deny(Denial::SignIn) };
    let mut held = roles.iter().filter(|role| user.is(**role)).peekable();
    if held.peek().is_none() {
        return Decision::Deny(Denial::Role);
    }
    if held.any(|role| reaches(*role, user.tenant, resource)) {
        Decision::Allow
    } else {
        Decision::Deny(Denial::Foreign)
    }
}

/// True when the role may handle the thing: for a party's people, when it is the party's own.
fn reaches(role: Role, tenant: Tenant, resource: Resource) -> bool {
    match (role, resource) {
        (
            Role::CareManager | Role::OfficeManager,
            Resource::Request(office, _) | Resource::Clients(office) | Resource::Message(office),
        ) => tenant == Tenant::Office(office),
        (Role::Clinic, Resource::Request(_, clinic)) => tenant == Tenant::Clinic(clinic),
        (_, Resource::Page)
        | (Role::Reviewer, Resource::Review)
        | (Role::Association, Resource::Reports)
        | (Role::Administrator, Resource::Gateway) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{Login, Secret};
    use crate::domain::id::UserId;
    use jiff::Timestamp;

    fn user(role: Role, tenant: Tenant) -> User {
        let now = Timestamp::UNIX_EPOCH;
        User {
            id: UserId::new_at(now),
            login: "somebody".parse::<Login>().unwrap(),
            name: String::new(),
            mail: None,
            tenant,
            roles: [role].into(),
            password_hash: Secret::new(""),
            active: true,
            sample: true,
            created_at: now,
        }
    }

    /// Every role against every kind of thing, its own and a stranger's: `x` is allowed.
    #[test]
    fn who_may_reach_what() {
        let now = Timestamp::UNIX_EPOCH;
        let [own_office, other_office] = [OfficeId::new_at(now), OfficeId::new_at(now)];
        let [own_clinic, other_clinic] = [ClinicId::new_at(now), ClinicId::new_at(now)];
        let link = LinkId::new_at(now);
        let things = [
            Resource::Page,
            Resource::Request(own_office, other_clinic),
            Resource::Request(other_office, own_clinic),
            Resource::Request(other_office, other_clinic),
            Resource::Clients(own_office),
            Resource::Clients(other_office),
            Resource::Message(own_office),
            Resource::Message(other_office),
            Resource::Review,
            Resource::ByLink(Some(link), link),
            Resource::Reports,
            Resource::Gateway,
        ];
        let expected = [
            (Role::CareManager, "x x . . x . x . . . . ."),
            (Role::OfficeManager, "x x . . x . x . . . . ."),
            (Role::Clinic, "x . x . . . . . . . . ."),
            (Role::Association, "x . . . . . . . . . x ."),
            (Role::Reviewer, "x . . . . . . . x . . ."),
            (Role::Administrator, "x . . . . . . . . . . x"),
        ];
        for (role, expected) in expected {
            let tenant = match role {
                Role::Clinic => Tenant::Clinic(own_clinic),
                Role::Association | Role::Administrator => Tenant::Association,
                _ => Tenant::Office(own_office),
            };
            let user = user(role, tenant);
            let rule = Rule::SignedIn(Role::ALL);
            let cells = things.map(|thing| match decide(&rule, Some(&user), thing) {
                Decision::Allow => "x",
                Decision::Deny(denial) => {
                    assert_eq!(denial, Denial::Foreign);
                    "."
                }
            });
            assert_eq!(cells.join(" "), expected, "{role}");
        }
    }

    #[test]
    fn a_role_counts_only_where_the_rule_names_it() {
        let office = OfficeId::new_at(Timestamp::UNIX_EPOCH);
        let mut both = user(Role::CareManager, Tenant::Office(office));
        both.roles.insert(Role::Reviewer);
        let clients = Resource::Clients(office);
        for (rule, resource, expected) in [
            (Rule::SignedIn(&[Role::CareManager]), clients, Decision::Allow),
            (Rule::SignedIn(&[Role::Reviewer]), clients, Decision::Deny(Denial::Foreign)),
            (Rule::SignedIn(&[Role::Reviewer]), Resource::Review, Decision::Allow),
            (Rule::SignedIn(&[Role::Administrator]), Resource::Page, Decision::Deny(Denial::Role)),
            (Rule::SignedIn(&[]), Resource::Page, Decision::Deny(Denial::Role)),
            (Rule::Public("a test"), Resource::Page, Decision::Allow),
            (Rule::Public("a test"), clients, Decision::Deny(Denial::Foreign)),
        ] {
            assert_eq!(decide(&rule, Some(&both), resource), expected, "{rule:?} {resource:?}");
        }
        for (resource, expected) in by_link(office) {
            assert_eq!(decide(&Rule::Link, Some(&both), resource), expected, "{resource:?}");
            assert_eq!(decide(&Rule::Link, None, resource), expected, "{resource:?}");
        }
        let nobody = decide(&Rule::SignedIn(Role::ALL), None, Resource::Page);
        assert_eq!(nobody, Decision::Deny(Denial::SignIn));
    }

    /// A pass opens its own link and nothing else, whoever is signed in.
    fn by_link(office: OfficeId) -> [(Resource, Decision); 6] {
        let now = Timestamp::UNIX_EPOCH;
        let [own, other] = [LinkId::new_at(now), LinkId::new_at(now)];
        [
            (Resource::Page, Decision::Allow),
            (Resource::ByLink(Some(own), own), Decision::Allow),
            (Resource::ByLink(Some(own), other), Decision::Deny(Denial::Foreign)),
            (Resource::ByLink(None, own), Decision::Deny(Denial::SignIn)),
            (Resource::Clients(office), Decision::Deny(Denial::Foreign)),
            (Resource::Review, Decision::Deny(Denial::Foreign)),
        ]
    }
}
