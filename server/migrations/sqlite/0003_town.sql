-- The town's books: programmes, points, sales, settlement, access. Keys begin with `muni`.

-- A file of the town's folder, as the books go by it.
create table programme_files (
    muni bigint not null,
    path text not null,
    content blob not null,
    present bigint not null,
    at bigint not null,
    primary key (muni, path)
);

-- An imported list of people, or the resident register of a day.
create table rosters (
    muni bigint not null,
    name text not null,
    lines bigint not null,
    digest blob not null,
    at bigint not null,
    primary key (muni, name)
);

-- Somebody on a list, as keyed hashes.
create table roster_lines (
    muni bigint not null,
    list text not null,
    person blob not null,
    address blob not null,
    listed bigint not null,
    primary key (muni, list, person, address)
);

-- What a payment earns of one class of points.
create table earnings (
    muni bigint not null,
    intent blob not null,
    class bigint not null,
    account bigint not null,
    week bigint not null,
    base bigint not null,
    bonus bigint not null,
    campaigns blob not null,
    unit bigint not null,
    points bigint not null,
    counts bigint not null,
    state bigint not null,
    lot bigint,
    tran_id text,
    changed_at bigint not null,
    primary key (muni, intent, class)
);
create index earnings_state_week on earnings (muni, state, week);
create index earnings_account on earnings (muni, account);

-- What one account has from a campaign.
create table campaign_points (
    muni bigint not null,
    account bigint not null,
    campaign bigint not null,
    points bigint not null,
    primary key (muni, account, campaign)
);

-- What one account has of a class, owed points taken off: kept with every entry.
create table balances (
    muni bigint not null,
    account bigint not null,
    class bigint not null,
    value bigint not null,
    owed bigint not null,
    primary key (muni, account, class)
);

-- Until when a balance of the extending kind lives (F022).
create table extending (
    muni bigint not null,
    account bigint not null,
    class bigint not null,
    until bigint,
    primary key (muni, account, class)
);
create index extending_until on extending (muni, until);

-- Points granted by an entry, or taken back by it, on its day (F021).
create table point_days (
    muni bigint not null,
    account bigint not null,
    class bigint not null,
    entry bigint not null,
    day bigint not null,
    points bigint not null,
    primary key (muni, account, class, entry)
);

-- A member's rank.
create table ranks (
    muni bigint not null,
    account bigint not null,
    class bigint not null,
    rank bigint not null,
    judged bigint not null,
    primary key (muni, account, class)
);
create index ranks_judged on ranks (muni, judged);

-- How far a programme is.
create table sales (
    muni bigint not null,
    programme bigint not null,
    sold bigint not null,
    reserved bigint not null,
    issued bigint not null,
    applications bigint not null,
    commitment blob,
    list blob,
    closed_at bigint,
    seed blob,
    drawn_at bigint,
    primary key (muni, programme)
);

-- An application.
create table applications (
    muni bigint not null,
    programme bigint not null,
    id blob not null,
    person blob not null,
    account bigint,
    phone blob,
    wanted bigint not null,
    won bigint,
    void bigint not null,
    buyer bigint not null,
    bonus_age bigint not null,
    at bigint not null,
    primary key (muni, programme, id)
);
create index applications_id on applications (muni, id);
create index applications_buyer on applications (muni, buyer);
create index applications_account on applications (muni, account);

-- What one person has of a programme, over all accounts.
create table shares (
    muni bigint not null,
    programme bigint not null,
    person blob not null,
    application blob,
    reserved bigint not null,
    bought bigint not null,
    received bigint not null,
    primary key (muni, programme, person)
);
create index shares_person on shares (muni, person);

-- Money to come in: for lots of a sale, or to top up.
create table orders (
    muni bigint not null,
    id bigint not null,
    key blob not null,
    content blob not null,
    programme bigint,
    class bigint not null,
    account bigint not null,
    person blob,
    units bigint not null,
    price bigint not null,
    face bigint not null,
    pay_in bigint not null,
    state bigint not null,
    provider_ref text,
    made_at bigint not null,
    until bigint not null,
    settled_at bigint,
    lot bigint,
    tran_id text,
    returned bigint not null,
    bonus_class bigint,
    bonus bigint not null,
    bonus_due bigint,
    bonus_done bigint not null,
    bonus_lot bigint,
    bonus_tran text,
    refund bigint not null,
    primary key (muni, id)
);
create index orders_key on orders (muni, key);
create index orders_account on orders (muni, account);
create index orders_state_until on orders (muni, state, until);
create index orders_refund on orders (muni, refund);
create index orders_bonus_done_bonus_due on orders (muni, bonus_done, bonus_due);

-- What a provider told, once each.
create table provider_events (
    muni bigint not null,
    id blob not null,
    order_id bigint not null,
    kind bigint not null,
    amount bigint not null,
    verdict bigint not null,
    at bigint not null,
    primary key (muni, id)
);
create index provider_events_order_id on provider_events (muni, order_id);

-- A settlement period of a class.
create table periods (
    muni bigint not null,
    class bigint not null,
    number bigint not null,
    first bigint not null,
    last bigint not null,
    paid_on bigint not null,
    late bigint not null,
    state bigint not null,
    begun_at bigint not null,
    closed_at bigint,
    primary key (muni, class, number)
);

-- What a shop is paid for a period.
create table payouts (
    muni bigint not null,
    class bigint not null,
    number bigint not null,
    shop blob not null,
    used bigint not null,
    cancelled bigint not null,
    carried_in bigint not null,
    paid bigint not null,
    carried_out bigint not null,
    entry bigint,
    primary key (muni, class, number, shop)
);
create index payouts_shop on payouts (muni, shop);

-- How a sale was undone: one way, once.
create table refunds (
    muni bigint not null,
    intent blob not null,
    kind bigint not null,
    by bigint not null,
    note text not null,
    at bigint not null,
    primary key (muni, intent)
);

-- Somebody's token for the JSON API.
create table tokens (
    muni bigint not null,
    hash blob not null,
    id bigint not null,
    name text not null,
    role bigint not null,
    merchant text,
    shop blob,
    made_at bigint not null,
    expires bigint not null,
    revoked_at bigint,
    primary key (muni, hash)
);
create index tokens_id on tokens (muni, id);

-- What somebody did at the console.
create table office_log (
    muni bigint not null,
    id bigint not null,
    token bigint not null,
    deed text not null,
    target text not null,
    at bigint not null,
    primary key (muni, id)
);
create index office_log_at on office_log (muni, at);

-- Balances before and after a transaction, as of its posting (F120).
alter table business add column value_before bigint not null default 0;
alter table business add column value_after bigint not null default 0;

-- A transaction's number begins with its day, so that one order serves lists, days and periods.
drop index business_account;
create index business_account on business (muni, account, tran_id);
drop index business_shop;
create index business_shop on business (muni, shop, tran_id);

-- Why a cancellation takes nothing back; 0 where it does.
alter table cancels add column void bigint not null default 0;

-- What accounts had when balances began to be kept.
insert into balances (muni, account, class, value, owed)
select muni, account, class, cast(sum(remaining) as bigint), 0 from lots group by muni, account, class;

-- What takes a transaction back is found by it; few rows do.
create index business_target on business (muni, target) where target is not null;

-- What ended unused, by day.
create index entries_expired on entries (muni, period) where kind = 6;

-- The newest payments of an account or a shop are one read of an index.
drop index intents_shop;
create index intents_shop on intents (muni, shop, fact);
drop index intents_account;
create index intents_account on intents (muni, account, fact);
