"""Metrics: one module a provider, behind the small interface of `interface`.

A provider counts bad events and all events in bins of time.
"""
