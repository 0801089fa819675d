-- Which of a shop's devices did something, where it signed in place of a token.
alter table office_log add column device bigint;
