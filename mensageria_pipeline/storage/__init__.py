"""Files, folders and embedded databases: nothing here knows what a campaign is."""
