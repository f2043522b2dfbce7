"""What is laid out for paper and spreadsheets: documents, PDF, sheets, tables, QR codes."""
