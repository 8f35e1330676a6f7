"""What commands bring about, pure: one file a command or a part of several; decide.py knows them all."""
