-- Which processes work on a state is known of one on a server only.
SELECT 1
