"""Git and the working tree: two logs over the repository, blobs from one process, new repositories at once."""
