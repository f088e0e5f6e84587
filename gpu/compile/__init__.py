"""Terms compiled to Array-API source: values, and values with derived error bounds."""
