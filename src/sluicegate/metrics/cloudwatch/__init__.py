"""Amazon CloudWatch: sums of counts over whole periods.

`expression` reads what names a metric, `periods` says which periods are asked for and of which bin each is
(both pure), `provider` asks.
"""
