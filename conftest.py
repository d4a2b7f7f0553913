"""The fixtures that every test of the repository may ask for."""

pytest_plugins = ["bowchat_testkit.plugin"]
