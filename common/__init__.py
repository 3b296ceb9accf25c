"""What every room stands on: errors, files, the environment's record, progress. Imports nothing of ours."""
