"""Reports as files: the rows of the figures that the API answers with, written as CSV, XLSX or JSON."""
