//! Cases on users, sessions and tries to sign in.

use super::Case;
use super::world::{World, assert_conflict, assert_not_found, at, clinic};
use jiff::ToSpan;
use renraku::domain::account::{By, Role, Secret, Session, Tenant, User};
use renraku::domain::audit::Act;
use renraku::domain::id::{ClinicId, OfficeId, UserId};
use renraku::store::{AuditFilter, Store, TryAllowed};

pub const CASES: &[Case] = &[
    ("a user is stored and found by id and login", a_user_is_stored),
    ("a login belongs to one user", a_login_belongs_to_one_user),
    ("a user belongs to a party that is stored", a_user_belongs_to_a_party),
    ("changing a user keeps password and creation", changing_a_user),
    ("a session opens, is used and closes", a_session_opens_is_used_and_closes),
    ("whoever is let go is out at once", whoever_is_let_go_is_out),
    ("fewer rights take effect at once", fewer_rights_take_effect),
    ("a new password closes the other sessions", a_new_password_closes_the_others),
    ("old sessions are forgotten", old_sessions_are_forgotten),
    ("tries are counted before they fail", tries_are_counted),
    ("tries at once do not pass together", tries_at_once),
];

pub fn user(login: &str, tenant: Tenant, role: Role) -> User {
    User {
        id: UserId::new_at(at(0)),
        login: login.parse().expect("a login"),
        name: format!("見本 {login}"),
        mail: None,
        tenant,
        roles: [role].into(),
        password_hash: Secret::new(format!("hash of {login}")),
        active: true,
        sample: true,
        created_at: at(0),
    }
}

/// A stored reviewer of the association.
pub fn reviewer(store: &dyn Store, login: &str) -> User {
    let user = user(login, Tenant::Association, Role::Reviewer);
    store.put_user(&user, &By::console(), at(0)).expect("a user");
    user
}

fn session(user: &User, token_hash: &str, minutes: i64) -> Session {
    Session {
        token_hash: token_hash.to_owned(),
        user_id: user.id,
        csrf_token: Secret::new(format!("csrf of {token_hash}")),
        created_at: at(minutes),
        last_seen_at: at(minutes),
    }
}

/// What the audit log tells of the user, oldest first.
fn audit(store: &dyn Store, user: &User) -> Vec<String> {
    let record = Some(("user".to_owned(), user.id.to_string()));
    let entries = store.audit(&AuditFilter { record, who: None }, 100).unwrap();
    entries.iter().rev().map(|entry| format!("{} {}", entry.what.as_str(), entry.detail)).collect()
}

fn a_user_is_stored(store: &dyn Store) {
    let world = World::new(store);
    let mut users = vec![
        user("hanako", Tenant::Office(world.office), Role::CareManager),
        user("clinic", Tenant::Clinic(world.clinic), Role::Clinic),
        user("admin", Tenant::Association, Role::Administrator),
    ];
    users[0].mail = Some("hanako@example.jp".to_owned());
    users[2].roles.insert(Role::Reviewer);
    for user in &users {
        store.put_user(user, &By::console(), at(1)).unwrap();
        assert_eq!(store.user(user.id).unwrap(), *user);
        assert_eq!(store.user_by_login(&user.login).unwrap().as_ref(), Some(user));
        assert_eq!(audit(store, user), ["change added"]);
    }
    users.sort_by(|a, b| a.login.cmp(&b.login));
    assert_eq!(store.users(10).unwrap(), users);
    assert_eq!(store.users(1).unwrap(), users[..1]);
    assert_not_found(store.user(UserId::new_at(at(0))));
    assert_eq!(store.user_by_login(&"nobody".parse().unwrap()).unwrap(), None);
}

fn a_login_belongs_to_one_user(store: &dyn Store) {
    let first = reviewer(store, "first");
    let mut second = user("first", Tenant::Association, Role::Reviewer);
    assert_conflict(store.put_user(&second, &By::console(), at(1)));
    second.login = "second".parse().unwrap();
    store.put_user(&second, &By::console(), at(1)).unwrap();
    second.login = first.login.clone();
    assert_conflict(store.put_user(&second, &By::console(), at(1)));
    assert_eq!(store.user_by_login(&first.login).unwrap(), Some(first));
    assert_eq!(audit(store, &second), ["change added"], "what was refused is no change");
}

fn a_user_belongs_to_a_party(store: &dyn Store) {
    for tenant in [Tenant::Office(OfficeId::new_at(at(0))), Tenant::Clinic(ClinicId::new_at(at(0)))] {
        let stranger = user("stranger", tenant, Role::Reviewer);
        assert_not_found(store.put_user(&stranger, &By::console(), at(1)));
    }
    assert!(store.users(10).unwrap().is_empty());
}

fn changing_a_user(store: &dyn Store) {
    let stored = reviewer(store, "first");
    let changed = User {
        name: "見本 花代".to_owned(),
        password_hash: Secret::new("another"),
        created_at: at(99),
        ..stored.clone()
    };
    store.put_user(&changed, &By::console(), at(1)).unwrap();
    assert_eq!(store.user(stored.id).unwrap(), User { name: changed.name, ..stored.clone() });
    assert_eq!(audit(store, &stored), ["change added", "change changed"]);
}

fn a_session_opens_is_used_and_closes(store: &dyn Store) {
    let user = reviewer(store, "first");
    let opened = session(&user, "t1", 1);
    store.open_session(&opened, "key", "192.0.2.7", at(1)).unwrap();
    assert_eq!(store.session("t1").unwrap(), Some((opened.clone(), user.clone())));
    assert_eq!(store.session("t2").unwrap(), None);
    store.touch_session("t1", at(5)).unwrap();
    store.touch_session("t1", at(3)).unwrap();
    store.touch_session("t2", at(3)).unwrap();
    let (used, _) = store.session("t1").unwrap().unwrap();
    assert_eq!(used, Session { last_seen_at: at(5), ..opened });
    assert_conflict(store.open_session(&session(&user, "t1", 6), "key", "192.0.2.7", at(6)));
    store.close_session("t1", "192.0.2.8", at(7)).unwrap();
    store.close_session("t1", "192.0.2.8", at(8)).unwrap();
    assert_eq!(store.session("t1").unwrap(), None);
    assert_eq!(audit(store, &user), ["change added", "sign_in ", "sign_out "]);
    let by_user = store.audit(&AuditFilter { record: None, who: Some(user.id) }, 10).unwrap();
    let seen: Vec<_> = by_user.iter().map(|entry| (entry.what, entry.from_address.as_str())).collect();
    assert_eq!(seen, [(Act::SignOut, "192.0.2.8"), (Act::SignIn, "192.0.2.7")]);
}

fn whoever_is_let_go_is_out(store: &dyn Store) {
    let user = reviewer(store, "first");
    store.open_session(&session(&user, "t1", 1), "key", "console", at(1)).unwrap();
    let gone = User { active: false, ..user.clone() };
    store.put_user(&gone, &By::console(), at(2)).unwrap();
    assert_eq!(store.session("t1").unwrap(), None);
    assert_conflict(store.open_session(&session(&user, "t2", 3), "key", "console", at(3)));
    store.put_user(&user, &By::console(), at(4)).unwrap();
    assert_eq!(store.session("t1").unwrap(), None, "an old session does not come back with its user");
    assert_eq!(audit(store, &user), ["change added", "sign_in ", "change deactivated", "change activated"]);
}

fn fewer_rights_take_effect(store: &dyn Store) {
    let world = World::new(store);
    let other = clinic("見本第二医院", Vec::new());
    store.put_clinic(&other, at(0)).unwrap();
    let mut user = user("first", Tenant::Clinic(world.clinic), Role::Clinic);
    user.roles.insert(Role::Reviewer);
    store.put_user(&user, &By::console(), at(0)).unwrap();
    for (rights_shrink, change) in [(false, "name"), (true, "roles")] {
        store.open_session(&session(&user, "t1", 1), "key", "console", at(1)).unwrap();
        if rights_shrink {
            user.roles.remove(&Role::Reviewer);
        } else {
            user.name.push('様');
        }
        store.put_user(&user, &By::console(), at(2)).unwrap();
        assert_eq!(store.session("t1").unwrap().is_some(), !rights_shrink, "{change}");
        store.close_session("t1", "console", at(3)).unwrap();
    }
    store.open_session(&session(&user, "t2", 1), "key", "console", at(1)).unwrap();
    user.tenant = Tenant::Clinic(other.id);
    store.put_user(&user, &By::console(), at(2)).unwrap();
    assert_eq!(store.session("t2").unwrap(), None);
}

fn a_new_password_closes_the_others(store: &dyn Store) {
    let (user, other) = (reviewer(store, "first"), reviewer(store, "other"));
    for (user, token) in [(&user, "t1"), (&user, "t2"), (&user, "t3"), (&other, "o1")] {
        store.open_session(&session(user, token, 1), "key", "console", at(1)).unwrap();
    }
    let open = || ["t1", "t2", "t3", "o1"].map(|token| store.session(token).unwrap().is_some());
    let by = By::user(user.id, "192.0.2.7");
    store.set_password(user.id, &Secret::new("new"), Some("t2"), &by, at(2)).unwrap();
    assert_eq!(open(), [false, true, false, true]);
    assert_eq!(store.user(user.id).unwrap().password_hash, Secret::new("new"));
    assert_eq!(store.user(other.id).unwrap(), other);
    store.set_password(user.id, &Secret::new("newer"), None, &by, at(3)).unwrap();
    assert_eq!(open(), [false, false, false, true]);
    assert_eq!(store.close_sessions_of(other.id, &by, at(4)).unwrap(), 1);
    assert_eq!(open(), [false; 4]);
    assert_not_found(store.set_password(UserId::new_at(at(0)), &Secret::new("x"), None, &by, at(5)));
}

fn old_sessions_are_forgotten(store: &dyn Store) {
    let user = reviewer(store, "first");
    for (token, opened, seen) in [("old", 0, 100), ("idle", 50, 60), ("live", 50, 100)] {
        store.open_session(&session(&user, token, opened), "key", "console", at(opened)).unwrap();
        store.touch_session(token, at(seen)).unwrap();
    }
    assert_eq!(store.forget_sessions(at(10), at(70)).unwrap(), 2);
    assert!(store.session("live").unwrap().is_some());
    assert_eq!(store.forget_sessions(at(10), at(70)).unwrap(), 0);
}

fn tries_are_counted(store: &dyn Store) {
    let user = reviewer(store, "first");
    let try_at = |key: &str, minutes: i64| {
        store.begin_sign_in(key, at(minutes) - 15.minutes(), 3, at(minutes)).unwrap()
    };
    assert_eq!([0, 1, 2].map(|minute| try_at("a", minute)), [TryAllowed::Yes; 3]);
    assert_eq!(try_at("a", 3), TryAllowed::NotBefore(at(15)));
    assert_eq!(try_at("b", 3), TryAllowed::Yes, "another login is not touched");
    assert_eq!(try_at("a", 14), TryAllowed::NotBefore(at(15)), "what was refused is not counted");
    assert_eq!(try_at("a", 15), TryAllowed::Yes, "the first try is old");
    assert_eq!(try_at("a", 15), TryAllowed::NotBefore(at(16)));
    store.open_session(&session(&user, "t1", 16), "a", "console", at(16)).unwrap();
    assert_eq!([17, 17, 17].map(|minute| try_at("a", minute)), [TryAllowed::Yes; 3], "success forgets");
}

fn tries_at_once(store: &dyn Store) {
    let allowed: usize = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..20).map(|_| scope.spawn(|| store.begin_sign_in("a", at(-15), 5, at(0)).unwrap())).collect();
        tries.into_iter().map(|it| usize::from(it.join().unwrap() == TryAllowed::Yes)).sum()
    });
    assert_eq!(allowed, 5);
}
