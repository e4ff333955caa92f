"""The dashboard: pages made on the server, which ask what the API's clients ask."""
