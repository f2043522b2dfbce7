"""The data folder of a register: which file is what, who has it, how it is opened whole or not at all."""
