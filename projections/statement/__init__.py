"""The statement (学时登记情况表): what it says, as text and as sheets, read again and weighed again."""
