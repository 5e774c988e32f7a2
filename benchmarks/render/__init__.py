"""Print files next to those who draw them otherwise: time, memory, and what the pixels are like."""
