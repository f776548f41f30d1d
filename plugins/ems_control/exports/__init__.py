"""The handbook as data for other programs: views, spreadsheets, reports of CI systems, and the words on screen."""
