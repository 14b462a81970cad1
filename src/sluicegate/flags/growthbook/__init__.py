"""GrowthBook: one feature in one environment of an organisation, by its REST API, version 2.

`rules` reads the rules of a feature, `model` computes from the whole feature who sees it, `changes` says
which changes of a draft lead to another exposure, `gates` reads why a draft is not published (all pure);
`drafts` and `provider` send the requests.
"""
