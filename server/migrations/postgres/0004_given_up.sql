-- What people give points for: exchanges into money, entries to a draw; and value the office takes away. Keys begin
-- with `muni`.

-- Points that become money.
create table exchanges (
    muni bigint not null,
    id bytea not null,
    programme bigint not null,
    account bigint not null,
    source bigint not null,
    points bigint not null,
    step bigint not null,
    gives bigint not null,
    class bigint not null,
    amount bigint not null,
    asked_at bigint not null,
    due bigint not null,
    state bigint not null,
    taken text not null,
    lot bigint,
    tran_id text,
    granted_at bigint,
    primary key (muni, id)
);
create index exchanges_state_due on exchanges (muni, state, due);
create index exchanges_account on exchanges (muni, account);

-- What an application cost in points, and the entry and transaction that took them; none again once they are given back.
alter table applications add column points bigint not null default 0;
alter table applications add column point_class bigint;
alter table applications add column entry bigint;
alter table applications add column taken text;

-- Value the office took away, and why.
create table forfeits (
    muni bigint not null,
    id bytea not null,
    account bigint not null,
    class bigint not null,
    amount bigint not null,
    reason text not null,
    token bigint not null,
    entry bigint not null,
    at bigint not null,
    primary key (muni, id)
);
create index forfeits_account on forfeits (muni, account);

-- What was taken away, by day.
create index entries_forfeited on entries (muni, period) where kind = 8;
