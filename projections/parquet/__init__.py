"""What analysts and engines read: entries and the coded ledger as Parquet."""
