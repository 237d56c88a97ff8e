"""A lean HTTP/1.1 client on asyncio: one exchange at a time on a connection, and no byte of one is another's."""
