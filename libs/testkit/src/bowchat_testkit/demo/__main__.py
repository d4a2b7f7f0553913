"""`python -m bowchat_testkit.demo`."""

from bowchat_testkit.demo import main

if __name__ == "__main__":
    main()
