"""The figures of people over ranges that are exact to the second, for every call that shows them."""
