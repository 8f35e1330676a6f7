"""One running application: the factory, the web server, its certificate, and the lock on its file."""
