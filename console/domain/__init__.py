"""Pure rules on frozen values: no input or output, no SQL, no clock of their own."""
