"""The debugger: a session with a machine whose past can be visited, and its fronts."""
