-- The books. `muni` is the first column of every key; types are bigint, text and bytes; times are
-- seconds, days are counted from 1970-01-01 in Japan.

-- A number the lane counts.
create table counters (
    muni bigint not null,
    name text not null,
    value bigint not null,
    primary key (muni, name)
);

-- A value class.
create table classes (
    muni bigint not null,
    id bigint not null,
    service_type bigint not null,
    legal bigint not null,
    name text not null,
    primary key (muni, id)
);

-- A shop.
create table shops (
    muni bigint not null,
    shop blob not null,
    merchant_id text not null,
    name text not null,
    kana text not null,
    romaji text not null,
    city text not null,
    mcc bigint not null,
    postal text not null,
    offline bigint not null,
    dead_at bigint,
    primary key (muni, shop)
);

-- A shop's place in a set.
create table shop_sets (
    muni bigint not null,
    shop blob not null,
    set_id bigint not null,
    member bigint not null,
    primary key (muni, shop, set_id)
);

-- A sheet or register.
create table marks (
    muni bigint not null,
    shop blob not null,
    mark blob not null,
    label text not null,
    dead_at bigint,
    primary key (muni, shop, mark)
);

-- Somebody's value. Who it is stands elsewhere.
create table accounts (
    muni bigint not null,
    id bigint not null,
    opened_at bigint not null,
    level bigint not null,
    stopped bigint not null,
    generation bigint not null,
    primary key (muni, id)
);

-- A pseudonym of an account.
create table holders (
    muni bigint not null,
    pid blob not null,
    account bigint not null,
    window_no bigint not null,
    issued bigint not null,
    returned bigint not null,
    until bigint not null,
    primary key (muni, pid)
);
create index holders_account on holders (muni, account);

-- An invitation code.
create table invitations (
    muni bigint not null,
    code_hash blob not null,
    role bigint not null,
    account bigint,
    shop blob,
    expires bigint not null,
    device bigint,
    primary key (muni, code_hash)
);

-- A device: a pair of keys and whose they are.
create table devices (
    muni bigint not null,
    id bigint not null,
    role bigint not null,
    owner blob not null,
    account bigint,
    sync_key blob not null,
    kid blob not null,
    pay_key blob,
    level bigint not null,
    current blob not null,
    allowance blob,
    revoked bigint not null,
    primary key (muni, id)
);
create index devices_kid on devices (muni, kid);
create index devices_account on devices (muni, account);

-- A `device` document.
create table device_docs (
    muni bigint not null,
    reference blob not null,
    device bigint not null,
    doc blob not null,
    expires bigint not null,
    primary key (muni, reference)
);
create index device_docs_device on device_docs (muni, device);

-- A lot.
create table lots (
    muni bigint not null,
    id bigint not null,
    account bigint not null,
    class bigint not null,
    units bigint not null,
    remaining bigint not null,
    held bigint not null,
    issued_at bigint not null,
    until bigint,
    set_id bigint not null,
    origin bigint not null,
    consideration bigint not null,
    check (remaining >= held and held >= 0 and remaining <= units),
    primary key (muni, id)
);
create index lots_account on lots (muni, account);

-- Value set aside.
create table holds (
    muni bigint not null,
    subject blob not null,
    kind bigint not null,
    account bigint not null,
    state bigint not null,
    lapses_at bigint not null,
    ends_at bigint not null,
    lapsed bigint not null,
    done_at bigint,
    primary key (muni, subject)
);
create index holds_account on holds (muni, account);
create index holds_state on holds (muni, state);

-- A line of a hold.
create table hold_lines (
    muni bigint not null,
    hold blob not null,
    line bigint not null,
    class bigint not null,
    amount bigint not null,
    consumed bigint not null,
    lost bigint not null,
    day bigint not null,
    set_id bigint not null,
    check (consumed >= 0 and consumed <= amount),
    primary key (muni, hold, line)
);

-- A lot's share of a line.
create table hold_lots (
    muni bigint not null,
    hold blob not null,
    line bigint not null,
    lot bigint not null,
    amount bigint not null,
    taken bigint not null,
    check (taken >= 0 and taken <= amount),
    primary key (muni, hold, line, lot)
);
create index hold_lots_lot on hold_lots (muni, lot);

-- An allowance.
create table allowances (
    muni bigint not null,
    reference blob not null,
    doc blob not null,
    device bigint not null,
    account bigint not null,
    holder blob not null,
    issued_at bigint not null,
    expires bigint not null,
    primary key (muni, reference)
);
create index allowances_account on allowances (muni, account);
create index allowances_device on allowances (muni, device);

-- A payment.
create table intents (
    muni bigint not null,
    id blob not null,
    reference blob not null,
    allowance blob not null,
    seq bigint not null,
    shop blob not null,
    mark blob not null,
    account bigint not null,
    doc blob not null,
    total bigint not null,
    occurred_at bigint not null,
    received_at bigint not null,
    fault bigint not null,
    late bigint not null,
    stopped bigint not null,
    paid bigint not null,
    posted_to_shop bigint not null,
    reason bigint not null,
    status bigint not null,
    fact bigint not null,
    posted_at bigint not null,
    entry bigint not null,
    primary key (muni, id)
);
create index intents_reference on intents (muni, reference);
create index intents_allowance on intents (muni, allowance);
create index intents_shop on intents (muni, shop);
create index intents_account on intents (muni, account);

-- A shop's answer to a payment.
create table seens (
    muni bigint not null,
    id blob not null,
    intent blob not null,
    shop blob not null,
    verdict bigint not null,
    assurance bigint not null,
    doc blob not null,
    seen_at bigint not null,
    received_at bigint not null,
    void bigint not null,
    primary key (muni, id)
);
create index seens_intent on seens (muni, intent);

-- A cancellation.
create table cancels (
    muni bigint not null,
    id blob not null,
    intent blob not null,
    shop blob not null,
    doc blob not null,
    fact bigint not null,
    received_at bigint not null,
    primary key (muni, id)
);
create index cancels_intent on cancels (muni, intent);

-- A close.
create table closes (
    muni bigint not null,
    id blob not null,
    allowance blob not null,
    last bigint not null,
    head blob not null,
    doc blob not null,
    counts bigint not null,
    received_at bigint not null,
    primary key (muni, id)
);
create index closes_allowance on closes (muni, allowance);

-- A proof that a wallet was cloned. The documents themselves stay in `intents`.
create table forks (
    muni bigint not null,
    allowance blob not null,
    seq bigint not null,
    proof bigint not null,
    first blob not null,
    second blob,
    fact bigint,
    found_at bigint not null,
    primary key (muni, allowance, seq, proof)
);

-- A signed fact, returned byte for byte ever after.
create table facts (
    muni bigint not null,
    number bigint not null,
    subject blob not null,
    kind bigint not null,
    doc blob not null,
    primary key (muni, number)
);
create index facts_subject on facts (muni, subject);

-- Which lot a finished hold's payment took.
create table takings (
    muni bigint not null,
    intent blob not null,
    line bigint not null,
    lot bigint not null,
    amount bigint not null,
    primary key (muni, intent, line, lot)
);

-- A journal entry.
create table entries (
    muni bigint not null,
    id bigint not null,
    kind bigint not null,
    intent blob,
    target bigint,
    occurred_at bigint not null,
    posted_at bigint not null,
    period bigint not null,
    primary key (muni, id)
);
create index entries_intent on entries (muni, intent);

-- A line of an entry; the lines of an entry sum to zero for each class.
create table postings (
    muni bigint not null,
    entry bigint not null,
    line bigint not null,
    book bigint not null,
    party blob not null,
    class bigint not null,
    lot bigint,
    amount bigint not null,
    primary key (muni, entry, line)
);
create index postings_lot on postings (muni, lot);

-- A row of the transaction list, one for each class of an entry (F113, F114).
create table business (
    muni bigint not null,
    tran_id text not null,
    entry bigint not null,
    operation bigint not null,
    operation_id bigint not null,
    class bigint not null,
    amount bigint not null,
    account bigint not null,
    shop blob,
    intent blob,
    target text,
    occurred_at bigint not null,
    posted_at bigint not null,
    primary key (muni, tran_id)
);
create index business_account on business (muni, account);
create index business_intent on business (muni, intent);
create index business_shop on business (muni, shop);

-- Who was stopped.
create table revoked (
    muni bigint not null,
    pid blob not null,
    epoch bigint not null,
    at bigint not null,
    until bigint not null,
    primary key (muni, pid)
);

-- A bulletin.
create table bulletins (
    muni bigint not null,
    epoch bigint not null,
    doc blob not null,
    primary key (muni, epoch)
);

-- A credit, by its caller's key: kept as long as the books.
create table credits (
    muni bigint not null,
    id blob not null,
    content blob not null,
    tran_id text not null,
    primary key (muni, id)
);

-- A document nobody could decide on.
create table parked (
    muni bigint not null,
    id blob not null,
    reason bigint not null,
    doc blob not null,
    received_at bigint not null,
    resolved bigint not null,
    primary key (muni, id)
);

-- A one-time code for a locked PIN.
create table unlocks (
    muni bigint not null,
    code_hash blob not null,
    account bigint not null,
    expires bigint not null,
    device bigint,
    primary key (muni, code_hash)
);

-- A change that somebody must hear of.
create table changes (
    muni bigint not null,
    seq bigint not null,
    topic bigint not null,
    party blob not null,
    list bigint not null,
    row_key blob not null,
    primary key (muni, seq)
);
create index changes_party on changes (muni, topic, party, seq);

-- Who keeps the lane. The epoch goes up with every holder, and every commit names it. The database's
-- clock is used here alone.
create table lane_lease (
    muni bigint not null,
    epoch bigint not null,
    holder text not null,
    expires bigint not null,
    primary key (muni)
);
