-- Cards and persons. What names a person is sealed under a key of that person's own (`personal_data`,
-- `personal_keys`), is found by keyed hashes alone, and goes with that key; the books know account numbers.

-- A challenge for a card. A device has five places, and its next challenge takes the oldest one's.
create table card_challenges (
    muni bigint not null,
    device bigint not null,
    slot bigint not null,
    challenge blob not null,
    purpose bigint not null,
    until bigint not null,
    used_by blob,
    primary key (muni, device, slot)
);

-- A card's proof that was decided: the same document again is the same fact.
create table card_proofs (
    muni bigint not null,
    id blob not null,
    account bigint not null,
    fact bigint not null,
    decided_at bigint not null,
    primary key (muni, id)
);

-- The person of an account, without anything that says who it is.
create table persons (
    muni bigint not null,
    account bigint not null,
    method bigint not null,
    linked_at bigint not null,
    confirmed_at bigint not null,
    guardian bigint,
    checked_at bigint not null,
    lapsed_at bigint,
    lapse bigint not null,
    erased_at bigint,
    primary key (muni, account)
);
create index persons_checked on persons (muni, checked_at);

-- A certificate a person had or has, as a keyed hash. Erasing the person takes the hash away.
create table card_keys (
    muni bigint not null,
    id bigint not null,
    account bigint not null,
    hash blob,
    kind bigint not null,
    standing bigint not null,
    since bigint not null,
    primary key (muni, id)
);
create index card_keys_hash on card_keys (muni, hash);
create index card_keys_account on card_keys (muni, account);

-- A card that may be the renewed one of an account's person, to be tied at the office.
create table card_pendings (
    muni bigint not null,
    id bigint not null,
    account bigint not null,
    state bigint not null,
    method bigint not null,
    auth blob,
    standing bigint not null,
    sign blob,
    official blob,
    certificate blob,
    evidence blob,
    came_at bigint not null,
    primary key (muni, id)
);
create index card_pendings_account on card_pendings (muni, account);

-- The key of a person's data, wrapped by the server's own, which is not in the database. Without it the
-- data is gone.
create table personal_keys (
    muni bigint not null,
    account bigint not null,
    wrapped blob,
    primary key (muni, account)
);

-- A person's data, sealed.
create table personal_data (
    muni bigint not null,
    account bigint not null,
    kind bigint not null,
    sealed blob,
    at bigint not null,
    primary key (muni, account, kind)
);

-- A My Key ID, by its keyed hash (F189). It belongs to one account for ever.
create table my_key_ids (
    muni bigint not null,
    hash blob not null,
    account bigint not null,
    state bigint not null,
    sealed blob,
    since bigint not null,
    primary key (muni, hash)
);
create index my_key_ids_account on my_key_ids (muni, account);

-- How far an account is with its My Key ID (F190, F191, F212).
create table my_key_progress (
    muni bigint not null,
    account bigint not null,
    generations bigint not null,
    choices bigint not null,
    candidate blob,
    current blob,
    device bigint,
    open_until bigint not null,
    revoked_at bigint,
    primary key (muni, account)
);

-- What the office did with a person's data.
create table identity_log (
    muni bigint not null,
    id bigint not null,
    account bigint not null,
    deed bigint not null,
    pending bigint,
    at bigint not null,
    primary key (muni, id)
);
create index identity_log_account on identity_log (muni, account);
