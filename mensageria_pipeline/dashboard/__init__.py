"""The operator's side: campaigns, one campaign, failures, sending, notes. Streamlit; asks analytics, holds no SQL."""
