"""The whole history under any law: the coded ledger, the law compiled over it, and the kernel that judges everyone."""
