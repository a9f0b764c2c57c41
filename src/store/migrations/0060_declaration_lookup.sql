-- Officers look for a declaration by the trader's own reference, which is unique only within its declarant.
create index declarations_by_local_reference on declarations (lrn);
