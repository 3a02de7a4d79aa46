"""What is to be done, and doing it: observe, plan, apply, on typed values. Knows neither Pulumi nor HTTP."""
