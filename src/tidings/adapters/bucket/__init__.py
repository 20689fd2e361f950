"""Buckets of any store that speaks the protocol of Amazon S3: what is published goes into them, and
listings come out of them.

`client` speaks with the store, `outlet` publishes, `inbox` finds listings, `guard` notices an old
state. obstore is imported here
alone, and only where the configuration names a bucket: it is in the extra `scale`.
"""
