"""Telling people: the outbox's events over webhooks, by e-mail, in a daily digest, and in the app.

Each event is routed once, to one `deliveries` row per channel and target, and each row is sent at least once. Senders
claim rows by lease, so any number of processes may send; a process that dies between sending and noting it is stepped
in for after the lease, with the same ids.
"""
