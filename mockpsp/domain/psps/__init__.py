"""What PSPs and test cards can do, charge and take their time over, as values."""
