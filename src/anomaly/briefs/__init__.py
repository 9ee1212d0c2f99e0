"""The monthly brief of a district: PDF, workbook, HTML, notebook and run record."""
