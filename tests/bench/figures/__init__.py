"""The figures of the documents, written from the records in models/: a room for each kind of table."""
