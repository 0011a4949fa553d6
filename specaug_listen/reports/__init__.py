"""Reports: auditions at hand, or folders of runs, as a page that can be sent to a colleague."""
