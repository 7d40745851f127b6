// A program that does nothing, in as little time as one can.
package main

func main() {}
