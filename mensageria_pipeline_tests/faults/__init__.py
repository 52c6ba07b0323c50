"""What is killed, cut off or filled up: nothing lost, nobody messaged twice."""
