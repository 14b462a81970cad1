"""Files of flags: what the providers of them share.

`places` read and write a file in a folder or on a branch at GitHub, `settings` are the keys that name one,
`writing` changes it while others do; `json_text` and `yaml_text` replace one flag in a text and leave every
other byte as it is (both pure).
"""
