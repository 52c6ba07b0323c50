"""campaign_metrics → workbook and CSV that people receive."""
