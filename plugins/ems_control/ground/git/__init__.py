"""Git and the working tree: one log over the repository, blobs from one process, new repositories at once."""
