"""The command `segment`: begin with data of your own, and see what a build made.

It writes what dbt reads and reads what dbt wrote; dbt alone builds.
"""
