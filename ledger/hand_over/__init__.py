"""What one ledger gives another of its entries (P 14): gathered, written as a file, checked before any is believed."""
