"""mpmath's intervals: a second implementation, against which the balls are held in tests."""
