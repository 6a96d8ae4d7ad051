"""Which version of the Python functions is installed where dbt runs."""


def model(dbt, session):
    try:
        from segmentation.publishing.plugin import project_version

        version = project_version()
    except ImportError:
        version = None
    return session.sql("select cast(? as string) as version", params=[version])
