-- A schema that was not written for Lakewright: a lending library with thirty years of habits.
create schema "Lending";
create type "Lending"."Condition" as enum ('new', 'worn', 'lost');
create domain "Lending".isbn as varchar(17) check (value ~ '^[0-9-]+$');

create table "Lending"."Titel" (
    isbn "Lending".isbn primary key,
    "Name" text not null,
    "published in" date,
    tags text[] not null default '{}',
    price numeric,
    weight numeric(6, 3),
    cover bytea
);

create table "Lending".copy (
    isbn "Lending".isbn not null references "Lending"."Titel",
    number smallint not null,
    condition "Lending"."Condition" not null default 'new',
    bought timestamptz not null default now(),
    primary key (isbn, number)
);

create table "Lending".reader (
    id uuid primary key default gen_random_uuid(),
    "select" text not null,
    born date,
    available tstzrange,
    opening timetz,
    notes jsonb,
    bonus double precision
);

create table "Lending".loan (
    id bigint generated always as identity,
    isbn "Lending".isbn not null,
    number smallint not null,
    reader uuid not null,
    taken timestamp not null,
    kept interval,
    fee money,
    primary key (id, taken)
) partition by range (taken);
create table "Lending".loan_2025 partition of "Lending".loan for values from ('2025-01-01') to ('2026-01-01');
create table "Lending".loan_2026 partition of "Lending".loan for values from ('2026-01-01') to ('2027-01-01');

create table "Lending".turnstile (at timestamptz not null, "door №" int, went_in boolean);

insert into "Lending"."Titel"
select
    '978-' || lpad(n::text, 9, '0'), 'Das Buch Nr. ' || n || ' «Ärger»', case when n % 7 > 0 then date '1900-01-01' + n * 11 end,
    array['a' || n % 3, 'comma, "quote"'],
    case n % 5 when 0 then 'NaN'::numeric when 1 then null else n / 7.0 end, n * 0.125,
    case when n % 2 = 0 then decode(md5(n::text), 'hex') end
from generate_series(1, 400) n;
insert into "Lending".copy (isbn, number, condition)
select isbn, c, (array['new', 'worn', 'lost'])[1 + c % 3]::"Lending"."Condition" from "Lending"."Titel", generate_series(1, 3) c;
insert into "Lending".reader (id, "select", born, available, opening, notes, bonus)
select
    md5(n::text)::uuid, 'Lese' || n || E'\nratte', case when n % 9 = 0 then 'infinity' else date '1950-01-01' + n end,
    tstzrange('2025-01-01', '2026-01-01'), '09:30:00+02', jsonb_build_object('n', n, 'ß', repeat('x', n)),
    case when n % 11 = 0 then 'Infinity'::float8 else n / 3.0 end
from generate_series(1, 300) n;
insert into "Lending".loan (isbn, number, reader, taken, kept, fee)
select
    '978-' || lpad((1 + n % 400)::text, 9, '0'), 1 + n % 3, md5((1 + n % 300)::text)::uuid,
    timestamp '2025-01-02' + n * interval '97 minutes', make_interval(days => n % 40, secs => n), (n % 10)::numeric::money
from generate_series(1, 6000) n;
insert into "Lending".turnstile select timestamptz '2026-01-01' + n * interval '1 minute', n % 3, n % 2 = 0 from generate_series(1, 500) n;
