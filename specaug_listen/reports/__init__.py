"""Reports: auditions in memory, or folders of runs, as a page that can be sent to a colleague."""
