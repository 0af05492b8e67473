"""How good are the rules? A compliant platform is broken one property at a time, each rule one condition at a time.

`make mutation`. What nothing notices is a survivor: it is mended, or accepted with a reason in survivors.yaml.
"""
